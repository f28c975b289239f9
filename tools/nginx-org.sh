#!/usr/bin/env bash
# Puts an nginx into the root of Debian that this runs in, as nginx.org's
# packages have it: same options, same places, no modules-enabled.  Its source
# comes from Debian, and is unpacked beside the checkout.

set -euo pipefail

cd "$(dirname "$0")/../.."

export DEBIAN_FRONTEND=noninteractive

sed 's/^deb /deb-src /' /etc/apt/sources.list \
    > /etc/apt/sources.list.d/source.list
apt-get -q update
apt-get -qy install --no-install-recommends curl gcc libc6-dev make \
    libpcre2-dev libssl-dev perl zlib1g-dev

# nginx's own tarball alone: mirrors drop Debian's part of older updates

apt-get -q -o APT::Sandbox::User=root source --tar-only nginx
tar -xf nginx_*.orig.tar.gz

useradd --system --no-create-home --shell /usr/sbin/nologin nginx
cp -r nginx-*/ /usr/src/nginx
cd /usr/src/nginx

./configure --prefix=/etc/nginx --sbin-path=/usr/sbin/nginx \
    --modules-path=/usr/lib/nginx/modules \
    --conf-path=/etc/nginx/nginx.conf \
    --error-log-path=/var/log/nginx/error.log \
    --http-log-path=/var/log/nginx/access.log --pid-path=/run/nginx.pid \
    --lock-path=/run/nginx.lock \
    --http-client-body-temp-path=/var/cache/nginx/client_temp \
    --http-proxy-temp-path=/var/cache/nginx/proxy_temp \
    --http-fastcgi-temp-path=/var/cache/nginx/fastcgi_temp \
    --http-uwsgi-temp-path=/var/cache/nginx/uwsgi_temp \
    --http-scgi-temp-path=/var/cache/nginx/scgi_temp \
    --user=nginx --group=nginx --with-compat --with-file-aio --with-threads \
    --with-http_addition_module --with-http_auth_request_module \
    --with-http_dav_module --with-http_flv_module --with-http_gunzip_module \
    --with-http_gzip_static_module --with-http_mp4_module \
    --with-http_random_index_module --with-http_realip_module \
    --with-http_secure_link_module --with-http_slice_module \
    --with-http_ssl_module --with-http_stub_status_module \
    --with-http_sub_module --with-http_v2_module --with-mail \
    --with-mail_ssl_module --with-stream --with-stream_realip_module \
    --with-stream_ssl_module --with-stream_ssl_preread_module \
    --with-cc-opt='-O2 -fPIC' --with-ld-opt='-Wl,-z,relro -Wl,-z,now -pie'
make -s -j"$(nproc)"
make -s install

mkdir -p /var/cache/nginx /etc/nginx/conf.d
cat > /etc/nginx/nginx.conf <<'END'
user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;

events {
    worker_connections  1024;
}

http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;
    access_log    /var/log/nginx/access.log;
    include       /etc/nginx/conf.d/*.conf;
}
END
nginx -V
