objs-y += rules.o record.o check.o update.o
rows-y += config_sections:retry_section
