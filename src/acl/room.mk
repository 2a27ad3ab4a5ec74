tables-y += acl_conditions:struct acl_condition:acl/rows.h
tables-y += acl_controls:struct acl_control:acl/rows.h
tables-y += acl_verifies:struct acl_verify:acl/rows.h
objs-y += read.o section.o run.o state.o headers.o conditions.o modifiers.o controls.o
rows-y += config_sections:acl_section
rows-y += acl_conditions:basic_acl_conditions[]
rows-y += acl_conditions:acl_modifiers[]
rows-y += acl_controls:acl_basic_controls[]
