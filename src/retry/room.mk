objs-y += error.o rules.o record.o check.o update.o print.o
rows-y += config_sections:retry_section
