objs-y += wire.o result.o job.o plan.o group.o log_lines.o outcome.o local.o run_duty.o remote.o deliver.o options.o finish.o header_domain.o \
    bounce.o report.o report_text.o warning.o dsn.o notices.o address_test.o
