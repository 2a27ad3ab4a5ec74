objs-y += io.o reply.o why.o session.o
objs-y += transaction.o
