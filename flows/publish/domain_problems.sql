-- One row: one area or item of the official self-check lists that the domain shows.
select kind, part from knowledge.domain_part where domain = $domain and kind in ('area', 'problem') order by all
