objs-y += str.o pool.o buf.o outcome.o trace.o process.o regex.o list.o map.o build_settings.o encode.o clock.o deadline.o items.o
objs-y += child.o child_run.o child_arguments.o
objs-y += file.o
