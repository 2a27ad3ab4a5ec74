objs-y += mailbox.o parse.o list.o quote.o affix.o utf8.o address.o
objs-$(SUPPORT_I18N) += idn.o
objs-$(call not,$(SUPPORT_I18N)) += idn_none.o
