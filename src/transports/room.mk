tables-y += transports:struct transport_driver:transports/transport.h
rows-y += driver_families:transport_family
objs-y += transport.o common.o identity.o line_format.o message_write.o message_filter.o child_stream.o command.o event.o rcpt_address.o
objs-y += batch_smtp.o
rows-$(TRANSPORT_APPENDFILE) += transports:appendfile_driver
objs-$(TRANSPORT_APPENDFILE) += appendfile/appendfile.o appendfile/place.o appendfile/file_format.o appendfile/lock.o \
    appendfile/open.o appendfile/mailbox.o appendfile/mbx.o appendfile/write.o appendfile/durable.o appendfile/new_file.o \
    appendfile/maildir.o appendfile/maildir_size.o appendfile/mailstore.o appendfile/quota.o appendfile/tree_size.o \
    appendfile/comsat.o
rows-$(TRANSPORT_PIPE) += transports:pipe_driver
objs-$(TRANSPORT_PIPE) += pipe.o
objs-$(EXPERIMENTAL_QUEUEFILE) += queuefile.o
rows-$(EXPERIMENTAL_QUEUEFILE) += transports:queuefile_driver
objs-y += mail_parameters.o
rows-$(TRANSPORT_LMTP) += transports:lmtp_driver
objs-$(TRANSPORT_LMTP) += lmtp.o
objs-y += turns.o
rows-$(TRANSPORT_SMTP) += transports:smtp_driver
objs-$(TRANSPORT_SMTP) += smtp/smtp.o smtp/log.o smtp/hosts.o smtp/tries.o smtp/connection.o smtp/deliver.o smtp/further.o smtp/waiting.o smtp/callout.o
rows-$(TRANSPORT_AUTOREPLY) += transports:autoreply_driver
objs-$(TRANSPORT_AUTOREPLY) += autoreply.o once_file.o
objs-$(TRANSPORT_APPENDFILE) += macros.o
rows-$(TRANSPORT_APPENDFILE) += builtin_macros:appendfile_macros[]
