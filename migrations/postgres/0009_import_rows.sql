-- A row keeps whom it met when it was judged, so that what people signed is told from what has changed since. How many rows a
-- list has, and their root, are in the request that is signed.

alter table contact_import_row add column found text;
alter table contact_import drop column count;
alter table contact_import drop column root;
