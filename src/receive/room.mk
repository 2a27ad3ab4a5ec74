objs-y += reception.o header_section.o fixup.o sender_fixup.o received.o extract.o end.o acl.o prdr.o arrival.o qualify.o local.o local_error.o own.o
