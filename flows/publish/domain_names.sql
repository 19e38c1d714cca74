-- One row: one domain in force.
select domain, name_zh, name from knowledge.domain order by domain
