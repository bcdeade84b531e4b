drop table total;
drop table stock;
