objs-y += id.o place.o create.o format.o parse.o open.o rewrite.o journal.o list.o tidy.o space.o msglog.o
objs-y += variables.o
rows-y += variables:spool_variables[]
