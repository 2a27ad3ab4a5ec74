objs-y += list.o act.o run.o
