-- Orders that wait for another system: what is known of them there, that a person called one off, and from when on people look.
-- Links that a database which was put back may have forgotten to be paid.

-- since when the source may have it, and how often in a row it knew nothing of it
alter table customer_order add column asked_at bigint;
alter table customer_order add column misses bigint not null default 0;
alter table customer_order add column stopped_at bigint;
alter table customer_order add column stopped_by uuid references person (id);
-- from then on people look at it; none for what an older daemon wrote
alter table customer_order add column people_at bigint;
alter table customer_order drop constraint customer_order_check;
alter table customer_order drop constraint customer_order_check1;
update customer_order set source_id = null, why = coalesce(why, 'called off') where state = 'cancelled';
update customer_order set asked_at = created_at where tries > 0;
alter table customer_order add constraint customer_order_placed_check check ((state = 'placed') = (source_id is not null));
alter table customer_order add constraint customer_order_why_check check (state not in ('refused', 'cancelled') or why is not null);
alter table customer_order add constraint customer_order_stopped_check check ((stopped_at is null) = (stopped_by is null));

alter table payment_link drop constraint payment_link_revoked_for_check;
update payment_link set revoked_for = 'withdrawn' where revoked_for = 'order_ended';
alter table payment_link add constraint payment_link_revoked_for_check
    check (revoked_for in ('withdrawn', 'not_delivered', 'identity_changed', 'restored'));
