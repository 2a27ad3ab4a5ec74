objs-y += ip_address.o
