tables-y += config_sections:struct config_section:config/reader.h
tables-y += driver_families:struct driver_family:config/driver.h
tables-y += macro_families:struct macro_family:config/macro.h
tables-y += builtin_macros:struct builtin_macro:config/macro.h
