objs-y += match.o walk.o compile.o item_set.o file.o domain.o address.o host.o hooks.o conditions.o
rows-y += list_hooks:match_hook
rows-y += expand_conditions:match_conditions[]
