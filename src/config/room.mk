tables-y += config_sections:struct config_section:config/reader.h
tables-y += driver_families:struct driver_family:config/driver.h
tables-y += macro_families:struct macro_family:config/macro.h
tables-y += builtin_macros:struct builtin_macro:config/macro.h
tables-y += config_hooks:struct config_hook:config/reader.h
objs-y += config.o config_file.o defaults.o driver.o input.o macro.o macro_builtin.o main_options.o option_set.o option_text.o
objs-y += option_value.o reader.o reader_error.o inert_options.o print.o print_config.o
