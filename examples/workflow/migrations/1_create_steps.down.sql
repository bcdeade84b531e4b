drop table log;
drop table step;
