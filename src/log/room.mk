objs-y += log.o selector.o escape.o path.o file.o syslog_line.o
