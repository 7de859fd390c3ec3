-- story: no policy anywhere, functions are the only doors; one of them forgets to ask, and tells a bare figure
-- leaks: public.invoice_total(p_no bigint) execute
create schema ledger;
create table ledger.firms (id int generated always as identity primary key, label text not null);
create table ledger.partners (firm int references ledger.firms, who uuid references auth.users, primary key (firm, who));
create table ledger.invoices (no bigint generated always as identity primary key, firm int not null references ledger.firms, total numeric(12, 2) not null, memo text);
create function public.list_invoices(p_firm int) returns setof ledger.invoices language plpgsql security definer set search_path = '' as $$
begin
  if not exists (select 1 from ledger.partners where firm = p_firm and who = auth.uid()) then
    raise exception 'forbidden' using errcode = '42501';
  end if;
  return query select * from ledger.invoices where firm = p_firm;
end $$;
-- @bad
create function public.invoice_total(p_no bigint) returns numeric language sql security definer set search_path = '' as $$ select total from ledger.invoices where no = p_no $$;
revoke execute on all functions in schema public from public, anon;
grant execute on all functions in schema public to authenticated;
-- @mended
create function public.invoice_total(p_no bigint) returns numeric language sql security definer set search_path = '' as $$ select i.total from ledger.invoices i join ledger.partners p on p.firm = i.firm and p.who = auth.uid() where i.no = p_no $$;
revoke execute on all functions in schema public from public, anon;
grant execute on all functions in schema public to authenticated;
