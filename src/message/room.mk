objs-y += message.o origin.o header.o header_value.o encoded_word.o charset.o date.o
