tables-y += list_hooks:struct list_hook:net/list_hook.h
objs-y += ip_address.o dns.o dns_decode.o dns_send.o
objs-y += socket.o ident.o interface.o list_hook.o
objs-y += host_find.o host_find_mx.o hosts_file.o host_name.o origin_text.o variables.o
rows-y += variables:net_variables[]
objs-y += log_host.o
objs-y += own_name.o
rows-y += config_hooks:own_name_hook
