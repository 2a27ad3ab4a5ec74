# The language: parser, evaluation, and the rows that belong to no other room.
objs-y += parse.o parse_item.o parse_test.o names.o eval.o expand.o numbers.o json.o header_value.o text_functions.o
objs-y += items_core.o items_list.o items_text.o conditions_text.o operators_text.o operators_code.o

tables-y += variables:struct expand_variable:expand/rows.h
tables-y += expand_items:struct expand_item:expand/rows.h
tables-y += expand_operators:struct expand_operator:expand/rows.h
tables-y += expand_conditions:struct expand_condition:expand/rows.h

rows-y += expand_items:expand_core_items[] expand_items:expand_list_items[] expand_items:expand_text_items[]
rows-y += expand_items:expand_function_items[]
rows-y += expand_operators:expand_text_operators[] expand_operators:expand_code_operators[]
rows-y += expand_operators:expand_function_operators[]
rows-y += expand_conditions:expand_text_conditions[]

objs-y += variables_config.o variables_scope.o variables_origin.o variables_address.o variables_message.o variables_reserved.o
rows-y += variables:expand_reserved_variables[] variables:expand_config_variables[] variables:expand_scope_variables[]
rows-y += variables:expand_origin_variables[] variables:expand_address_variables[] variables:expand_message_variables[]

objs-y += macros.o
rows-y += macro_families:expand_item_macros macro_families:expand_operator_macros
rows-y += macro_families:expand_condition_macros macro_families:expand_variable_macros
objs-y += config_hook.o
rows-y += config_hooks:expand_hook

objs-y += interactive.o items_system.o items_secret.o operators_mail.o conditions_state.o
rows-y += expand_items:expand_system_items[] expand_items:expand_secret_items[] expand_operators:expand_mail_operators[]
rows-y += expand_conditions:expand_secret_conditions[] expand_conditions:expand_state_conditions[]

objs-y += imapfolder.o items_reserved.o quoting.o
rows-y += expand_items:expand_imapfolder_items[] expand_items:expand_reserved_items[]
rows-$(EXIM_PERL) += expand_items:perl_items[]:perl
rows-$(SUPPORT_PAM) += expand_conditions:pam_conditions[]:pam
rows-$(SUPPORT_RADIUS) += expand_conditions:radius_conditions[]:radius
rows-$(SUPPORT_PWCHECK) += expand_conditions:pwcheck_conditions[]:pwcheck
rows-$(LOOKUP_LDAP) += expand_conditions:ldapauth_conditions[]:ldapauth
objs-y += saslauthd.o headerwrap.o
rows-y += expand_conditions:saslauthd_conditions[] expand_operators:headerwrap_operators[]
