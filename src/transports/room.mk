tables-y += transports:struct transport_driver:transports/transport.h
rows-y += driver_families:transport_family
objs-y += transport.o common.o identity.o line_format.o message_write.o message_filter.o child_stream.o command.o event.o rcpt_address.o
