-- The coaches that the sample's events speak of. Nobody can sign in as them: they have no account.
insert into public.coachs (id, name, specialty, email)
values
(
  '065f2d57-c766-56c5-a31b-ccdfeee0d35b', 'Camille Laurent', 'Perte de poids',
  'camille.laurent@exemple.fr'
),
(
  '21e70536-16ba-53c8-bd37-638c03370e76', 'Thomas Bernard', 'Reconversion',
  'thomas.bernard@exemple.fr'
),
(
  'c6354758-1519-5a58-a326-ca461c8fdff6', 'Inès Moreau', 'Musculation et nutrition',
  'ines.moreau@exemple.fr'
);
