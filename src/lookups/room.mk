# One file for each type of lookup; the engine is common.
objs-y += lookup.o spec.o item.o rows_text.o text_file.o

tables-y += lookups:struct lookup_driver:lookups/lookup.h

rows-y += expand_items:lookup_items[] expand_operators:lookup_operators[]

objs-$(LOOKUP_LSEARCH) += lsearch.o iplsearch.o
rows-$(LOOKUP_LSEARCH) += lookups:lsearch_lookup lookups:wildlsearch_lookup lookups:nwildlsearch_lookup lookups:iplsearch_lookup
objs-$(LOOKUP_DSEARCH) += dsearch.o
rows-$(LOOKUP_DSEARCH) += lookups:dsearch_lookup
objs-$(LOOKUP_PASSWD) += passwd.o
rows-$(LOOKUP_PASSWD) += lookups:passwd_lookup
objs-$(LOOKUP_CDB) += cdb.o
rows-$(LOOKUP_CDB) += lookups:cdb_lookup
objs-$(LOOKUP_DBM) += dbm.o
rows-$(LOOKUP_DBM) += lookups:dbm_lookup lookups:dbmjz_lookup lookups:dbmnz_lookup
objs-$(LOOKUP_DNSDB) += dnsdb.o
rows-$(LOOKUP_DNSDB) += lookups:dnsdb_lookup
objs-$(LOOKUP_JSON) += json.o
rows-$(LOOKUP_JSON) += lookups:json_lookup
objs-$(LOOKUP_SQLITE) += sqlite.o
rows-$(LOOKUP_SQLITE) += lookups:sqlite_lookup
objs-$(LOOKUP_TESTDB) += testdb.o
rows-$(LOOKUP_TESTDB) += lookups:testdb_lookup
objs-y += readsock.o
rows-y += expand_items:readsocket_items[]
rows-$(LOOKUP_READSOCK) += lookups:readsock_lookup
rows-$(LOOKUP_LDAP) += lookups:ldap_lookup:ldap,ldapm,ldapdn,ldapauth
rows-$(LOOKUP_MYSQL) += lookups:mysql_lookup
rows-$(LOOKUP_PGSQL) += lookups:pgsql_lookup
rows-$(LOOKUP_REDIS) += lookups:redis_lookup
rows-$(LOOKUP_LMDB) += lookups:lmdb_lookup
rows-$(LOOKUP_NIS) += lookups:nis_lookup:nis,nis0
rows-$(LOOKUP_ORACLE) += lookups:oracle_lookup
rows-$(LOOKUP_PSL) += lookups:psl_lookup:psl,regdom
rows-$(LOOKUP_NMH) += lookups:nmh_lookup
rows-$(LOOKUP_WHOSON) += lookups:whoson_lookup
objs-y += macros.o
rows-y += macro_families:lookup_macros
