objs-y += ip_address.o
objs-y += log_host.o
