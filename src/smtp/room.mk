objs-y += framing.o local_reader.o reply.o params.o
