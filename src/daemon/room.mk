objs-y += daemon.o admission.o sessions.o runners.o
