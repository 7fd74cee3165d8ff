-- A queue file of version 2: what the file of version 1 became, and a small message that has just been put.
CREATE TABLE content (id INTEGER PRIMARY KEY AUTOINCREMENT, staged_at INTEGER);
INSERT INTO "content" VALUES(2,NULL);
INSERT INTO "content" VALUES(3,NULL);
CREATE TABLE domain (name TEXT PRIMARY KEY, leased INTEGER NOT NULL, put_off_until INTEGER) WITHOUT ROWID;
INSERT INTO "domain" VALUES('b.example',1,NULL);
CREATE TABLE head (
    priority INTEGER NOT NULL, domain TEXT NOT NULL, due_at INTEGER NOT NULL, PRIMARY KEY (domain, priority)
  ) WITHOUT ROWID;
INSERT INTO "head" VALUES(0,'e.example',1768478400000);
INSERT INTO "head" VALUES(0,'b.example',1768482000000);
CREATE TABLE "job" (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, domain TEXT NOT NULL,
    state TEXT NOT NULL, suspended INTEGER NOT NULL DEFAULT 0, urgent INTEGER NOT NULL DEFAULT 0, priority INTEGER NOT NULL, due_at INTEGER NOT NULL,
    latest_at INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    interruptions INTEGER NOT NULL DEFAULT 0,
    token TEXT, lease_until INTEGER, owner TEXT, kept TEXT NOT NULL, recipients TEXT NOT NULL, floor TEXT NOT NULL,
    floor_by TEXT, ended_at INTEGER
  );
INSERT INTO "job" VALUES(1048576,'done.1','b.example','done',0,0,0,1768478400000,1768478400000,1768478400000,1768910400000,1,0,NULL,NULL,NULL,'{"envelope":{"from":{"text":"a@sender.example","local":"a","domain":"sender.example","literal":false,"path":"a@sender.example","needsUtf8":false},"ret":null,"envelopeId":null},"ask":null,"kind":"mail"}','[{"address":{"text":"anna@b.example","local":"anna","domain":"b.example","literal":false,"path":"anna@b.example","needsUtf8":false},"notify":null,"originalRecipient":null,"state":"delivered","reason":null,"detail":"","heldSince":null,"warnedAt":null}]','{"level":"verified","fingerprint":"f1"}',NULL,1768478400000);
INSERT INTO "job" VALUES(2097152,'two.1','b.example','ready',0,0,0,1768482000000,1768485600000,1768478400000,1768910400000,1,0,NULL,NULL,NULL,'{"envelope":{"from":{"text":"a@sender.example","local":"a","domain":"sender.example","literal":false,"path":"a@sender.example","needsUtf8":false},"ret":null,"envelopeId":null},"ask":null,"kind":"mail"}','[{"address":{"text":"anna@b.example","local":"anna","domain":"b.example","literal":false,"path":"anna@b.example","needsUtf8":false},"notify":null,"originalRecipient":null,"state":"held","reason":"certificate-expired","detail":"","heldSince":null,"warnedAt":null}]','{"level":"verified","fingerprint":"f1"}',NULL,NULL);
INSERT INTO "job" VALUES(2097153,'two.2','c.example','ready',0,0,0,1768478400000,1768910400000,1768478400000,1768910400000,0,0,NULL,NULL,NULL,'{"envelope":{"from":{"text":"a@sender.example","local":"a","domain":"sender.example","literal":false,"path":"a@sender.example","needsUtf8":false},"ret":null,"envelopeId":null},"ask":null,"kind":"mail"}','[{"address":{"text":"anna@c.example","local":"anna","domain":"c.example","literal":false,"path":"anna@c.example","needsUtf8":false},"notify":null,"originalRecipient":null,"state":"waiting","reason":null,"detail":"","heldSince":null,"warnedAt":null}]','{"level":"verified","fingerprint":"f1"}',NULL,NULL);
INSERT INTO "job" VALUES(3145728,'plain.1','b.example','leased',0,0,3,1768478400000,1768910400000,1768478400000,1768910400000,0,0,'582e3e48-d1da-4515-b763-bfcbe46aec82',1768478700000,'w1','{"envelope":{"from":{"text":"a@sender.example","local":"a","domain":"sender.example","literal":false,"path":"a@sender.example","needsUtf8":false},"ret":null,"envelopeId":null},"ask":null,"kind":"mail"}','[{"address":{"text":"anna@b.example","local":"anna","domain":"b.example","literal":false,"path":"anna@b.example","needsUtf8":false},"notify":null,"originalRecipient":null,"state":"waiting","reason":null,"detail":"","heldSince":null,"warnedAt":null}]','{"level":"verified","fingerprint":"f1"}',NULL,NULL);
INSERT INTO "job" VALUES(4194304,'small.1','e.example','ready',0,0,0,1768478400000,1768910400000,1768478400000,1768910400000,0,0,NULL,NULL,NULL,'{"envelope":{"from":{"text":"a@sender.example","local":"a","domain":"sender.example","literal":false,"path":"a@sender.example","needsUtf8":false},"ret":null,"envelopeId":null},"ask":null,"kind":"mail"}','[{"address":{"text":"anna@e.example","local":"anna","domain":"e.example","literal":false,"path":"anna@e.example","needsUtf8":false},"notify":null,"originalRecipient":null,"state":"waiting","reason":null,"detail":"","heldSince":null,"warnedAt":null}]','{"level":"verified","fingerprint":"f1"}',NULL,NULL);
CREATE TABLE job_reason (reason TEXT NOT NULL, job INTEGER NOT NULL, PRIMARY KEY (reason, job)) WITHOUT ROWID;
INSERT INTO "job_reason" VALUES('certificate-expired',2097152);
CREATE TABLE part (id INTEGER PRIMARY KEY, octets BLOB NOT NULL);
INSERT INTO "part" VALUES(2097152,X'46726F6D3A20614073656E6465722E6578616D706C650D0A446174653A205468752C203135204A616E20323032362031323A30303A3030202B303030300D0A4D6573736167652D49443A203C314073656E6465722E6578616D706C653E0D0A0D0A');
INSERT INTO "part" VALUES(2097153,X'48656C6C6F2E0D0A');
INSERT INTO "part" VALUES(3145728,X'46726F6D3A20614073656E6465722E6578616D706C650D0A446174653A205468752C203135204A616E20323032362031323A30303A3030202B303030300D0A4D6573736167652D49443A203C314073656E6465722E6578616D706C653E0D0A0D0A');
INSERT INTO "part" VALUES(3145729,X'48656C6C6F2E0D0A');
CREATE TABLE "submission" (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT, content INTEGER, facts TEXT NOT NULL,
    open_jobs INTEGER NOT NULL, kept_jobs INTEGER NOT NULL, header BLOB, body BLOB
  );
INSERT INTO "submission" VALUES(1,'done','k-done',1,'{"size":105,"sha256":"b4dffbe50615b882dc46ae1289cd78f32594eec4cf223f5db9b930097429a50d","longestLine":37,"eightBitHeader":false,"eightBitBody":false,"dotFree":true,"canonical":true,"messageId":"<1@sender.example>","receivedCount":0}',0,1,NULL,NULL);
INSERT INTO "submission" VALUES(2,'two','k-two',2,'{"size":105,"sha256":"b4dffbe50615b882dc46ae1289cd78f32594eec4cf223f5db9b930097429a50d","longestLine":37,"eightBitHeader":false,"eightBitBody":false,"dotFree":true,"canonical":true,"messageId":"<1@sender.example>","receivedCount":0}',2,2,NULL,NULL);
INSERT INTO "submission" VALUES(3,'plain',NULL,3,'{"size":105,"sha256":"b4dffbe50615b882dc46ae1289cd78f32594eec4cf223f5db9b930097429a50d","longestLine":37,"eightBitHeader":false,"eightBitBody":false,"dotFree":true,"canonical":true,"messageId":"<1@sender.example>","receivedCount":0}',1,1,NULL,NULL);
INSERT INTO "submission" VALUES(4,'small',NULL,NULL,'{"size":105,"sha256":"b4dffbe50615b882dc46ae1289cd78f32594eec4cf223f5db9b930097429a50d","longestLine":37,"eightBitHeader":false,"eightBitBody":false,"dotFree":true,"canonical":true,"messageId":"<1@sender.example>","receivedCount":0}',1,1,X'46726F6D3A20614073656E6465722E6578616D706C650D0A446174653A205468752C203135204A616E20323032362031323A30303A3030202B303030300D0A4D6573736167652D49443A203C314073656E6465722E6578616D706C653E0D0A0D0A',X'48656C6C6F2E0D0A');
CREATE TABLE suspension (
    kind TEXT NOT NULL, name TEXT NOT NULL, reason TEXT NOT NULL, by TEXT NOT NULL, until INTEGER,
    PRIMARY KEY (kind, name)
  ) WITHOUT ROWID;
INSERT INTO "suspension" VALUES('domain','c.example','partner is down','ops',NULL);
CREATE INDEX content_staged ON content (staged_at) WHERE staged_at IS NOT NULL;
CREATE INDEX job_reason_job ON job_reason (job);
CREATE INDEX head_due ON head (priority, due_at);
CREATE INDEX suspension_until ON suspension (until) WHERE until IS NOT NULL;
CREATE UNIQUE INDEX submission_key ON submission (key) WHERE key IS NOT NULL;
CREATE INDEX job_ready ON job (domain, priority, due_at) WHERE state = 'ready' AND suspended = 0;
CREATE INDEX job_latest ON job (max(due_at, latest_at)) WHERE ended_at IS NULL AND suspended = 0 AND urgent = 0;
CREATE INDEX job_urgent ON job (domain, priority, due_at) WHERE state = 'ready' AND suspended = 0 AND urgent = 1;
CREATE INDEX job_leased ON job (lease_until) WHERE state = 'leased';
CREATE INDEX job_ended ON job (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX job_suspended ON job (domain) WHERE state = 'ready' AND suspended = 1;
INSERT INTO "sqlite_sequence" VALUES('content',3);
PRAGMA application_id = 1700023379;
PRAGMA user_version = 2;
