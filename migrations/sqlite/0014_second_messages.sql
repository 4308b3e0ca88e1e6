-- Whether anybody got a message twice is asked for with each look at the daemon's health; there should never be such a row.
create index delivery_attempt_second on delivery_attempt (execution_id) where outcome = 'second_message';
