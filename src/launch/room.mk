objs-y += protocol.o become.o child.o link.o direct.o launcher.o alone.o notify.o
