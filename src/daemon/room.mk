objs-y += daemon.o sessions.o runners.o
