PRAGMA application_id = 1735159138;
PRAGMA user_version = 1;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE run (
  run INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  scenario TEXT NOT NULL,
  scenario_path TEXT NOT NULL,
  scenario_sha256 TEXT NOT NULL,
  load TEXT NOT NULL,
  target TEXT NOT NULL,
  seed INTEGER NOT NULL,
  version TEXT NOT NULL,
  started_at REAL NOT NULL,
  ended_at REAL,
  verdict TEXT,
  validity TEXT,
  exit_code INTEGER,
  plan TEXT NOT NULL,
  summary TEXT,
  boundaries TEXT NOT NULL,
  error_classes TEXT NOT NULL
) STRICT;
INSERT INTO run VALUES(1,'20261124-051200-0001','scenario','/scenarios/visit.lua','ff400adab6163761e909e6ec8fcf086f9c6942fbfa3e0d5cc6c45c33790bb900','--users 1 --iterations 6','http://127.0.0.1:8080',1,'0.1.0',1795497122.798302412,1795497122.8486111163,'pass','valid',0,'{}','{}','1000000 2500000 5000000 10000000 25000000 50000000 100000000 200000000 300000000 500000000 750000000 1000000000 1500000000 2500000000 5000000000 10000000000 20000000000 30000000000 60000000000 120000000000 300000000000','none dns_nxdomain dns_servfail dns_timeout tcp_refused tcp_unreachable tcp_timeout tls_expired tls_name tls_chain tls_handshake tls_timeout send_error send_timeout wait_timeout empty_reply reset partial stall protocol headers_too_large body_malformed redirect_limit too_slow http_400 http_401 http_403 http_404 http_405 http_408 http_409 http_413 http_415 http_422 http_429 http_4xx_other http_500 http_502 http_503 http_504 http_507 http_5xx_other http_unexpected blocked assert_body assert_cookie assert_redirect_login captcha_page mail_late mail_missing mail_spam mail_link_bad mailbox_unreachable mailbox_auth mailbox_tls mailbox_protocol abandoned consent generator_descriptors generator_ports generator_memory generator_identity generator_script generator_internal');
CREATE TABLE journey (
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  journey INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (run, journey)
) STRICT, WITHOUT ROWID;
INSERT INTO journey VALUES(1,0,'visit');
CREATE TABLE step (
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  step INTEGER NOT NULL,
  journey INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (run, step)
) STRICT, WITHOUT ROWID;
INSERT INTO step VALUES(1,0,0,'look');
INSERT INTO step VALUES(1,1,0,'look again');
CREATE TABLE interval (
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  number INTEGER NOT NULL,
  begin_seconds REAL NOT NULL,
  end_seconds REAL NOT NULL,
  rate_asked REAL NOT NULL,
  users_requesting INTEGER NOT NULL,
  users_pausing INTEGER NOT NULL,
  users_idle INTEGER NOT NULL,
  users_retrying INTEGER NOT NULL,
  validity TEXT NOT NULL,
  cpu_seconds REAL NOT NULL,
  started INTEGER NOT NULL,
  completed INTEGER NOT NULL,
  dropped INTEGER NOT NULL,
  figures BLOB NOT NULL,
  UNIQUE (run, number)
) STRICT;
INSERT INTO interval VALUES(1,0,0.0,0.050308458999999999816,0.0,0,0,1,0,'valid',0.0069590000000000016427,6,6,0,X'9003789c63646264646063603dcb08063c4c968c7dadac4fdb45764c336700cb9c012a00ca703319309e78cbd2769aafa5c1002c0302201a08d783d43033f2024911c61fe7991e5c616ed82d06919dcbc8c80496650192ab1e319ef1b9be810724c5660b94e00419cd389d91718bccc2435c7767406424804a5981e26c8c328c0f785a642f548384f771bc736763035a0c446057b32c61646260e462d263fcd4c6b46b11eb9c8f421037cf029acac40cb45398f1f265c6e307186f4ee74173330303eb0c84aabba7189fec669c7d9b1b240b5108a2585980f2ac409773304ee238cebacf0624ddc6d9c20b77065831eb3d58189931ce5cc03e638de48f566fa849103926a02bcd18772f62df774cf2da46b01c081bcd679dc709368289010200515f410c');
CREATE TABLE step_interval (
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  number INTEGER NOT NULL,
  step INTEGER NOT NULL,
  count INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  censored INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  response_p50_us INTEGER,
  response_p95_us INTEGER,
  response_p99_us INTEGER,
  service_p50_us INTEGER,
  service_p95_us INTEGER,
  service_p99_us INTEGER,
  PRIMARY KEY (run, number, step)
) STRICT, WITHOUT ROWID;
INSERT INTO step_interval VALUES(1,0,0,6,0,0,6,89,411,411,85,319,319);
INSERT INTO step_interval VALUES(1,0,1,6,0,0,6,34,120,120,28,52,52);
CREATE TABLE error (
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  number INTEGER NOT NULL,
  step INTEGER NOT NULL,
  class TEXT NOT NULL,
  steps INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (run, number, step, class)
) STRICT, WITHOUT ROWID;
CREATE TABLE annotation (
  annotation INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  at REAL NOT NULL,
  offset_seconds REAL NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX annotation_run ON annotation (run);
COMMIT;
