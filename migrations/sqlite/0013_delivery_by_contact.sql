-- How many messages somebody had is asked for each batch that goes out; without it, every ledger of the last month is read.
-- Neither column ever changes, so only the writing of a ledger pays for it.
create index delivery_by_contact on delivery (contact_no, execution_id);
