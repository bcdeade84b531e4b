#!/bin/sh
# Serves the folder of the static workload on PORT with one nginx process, as its documentation advises for files.
files=$(cd "$(dirname "$0")/../dist" && pwd)
place=$(mktemp -d)
cat > "$place/nginx.conf" <<CONF
daemon off;
master_process off;
worker_processes 1;
pid $place/nginx.pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  etag on;
  default_type application/octet-stream;
  client_body_temp_path $place;
  proxy_temp_path $place;
  fastcgi_temp_path $place;
  uwsgi_temp_path $place;
  scgi_temp_path $place;
  server { listen 127.0.0.1:$PORT; location / { root "$files"; } }
}
CONF
exec nginx -p "$place" -c "$place/nginx.conf"
