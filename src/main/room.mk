objs-y += main.o command_line.o option_rows.o surroundings.o alternatives.o caller.o debug.o inspect.o version.o submit.o act.o serve.o
