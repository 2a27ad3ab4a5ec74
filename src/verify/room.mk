objs-y += options.o address.o callout.o callout_cache.o headers.o client.o report.o state.o
rows-y += variables:verify_variables[]
