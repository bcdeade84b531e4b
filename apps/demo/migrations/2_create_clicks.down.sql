drop table clicks;
