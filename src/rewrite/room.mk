objs-y += rules.o apply.o header.o test.o
rows-y += config_sections:rewrite_section
