-- Answers a row when the membership was made, and none when there is one already.
insert into public.memberships (coach_id, user_id, role)
values (%(coach_id)s, %(user_id)s, %(role)s)
on conflict do nothing
returning user_id
