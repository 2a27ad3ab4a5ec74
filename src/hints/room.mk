tables-y += hints_backends:struct hints_backend:hints/backend.h
objs-y += hints.o
objs-$(HAVE_DB) += backend_db5.o
objs-$(HAVE_SQLITE) += backend_sqlite.o
rows-$(USE_SQLITE) += hints_backends:sqlite_backend
rows-$(HAVE_DB) += hints_backends:db5_backend
rows-$(HAVE_SQLITE) += hints_backends:sqlite_backend
