-- What the planner knows of these columns is old exactly when it matters: of a business, or a broadcast, that was filled a
-- moment ago it believes that there is nothing, and reads all of it for each few rows. Without statistics it supposes a
-- half per cent of the table, and takes single rows by their key.

alter table contact alter column tenant_id set statistics 0;
alter table contact_tag alter column tenant_id set statistics 0;
alter table contact_consent alter column tenant_id set statistics 0;
alter table consent_record alter column tenant_id set statistics 0;
alter table suppression alter column tenant_id set statistics 0;
alter table inbound_message alter column tenant_id set statistics 0;
alter table delivery alter column execution_id set statistics 0;
alter table delivery_attempt alter column execution_id set statistics 0;
alter table retry_queue alter column execution_id set statistics 0;
