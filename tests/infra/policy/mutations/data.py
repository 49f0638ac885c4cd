"""Mistakes with what is kept: the database, the buckets, keys, secrets and topics."""

from __future__ import annotations

from infra.policy import kinds
from tests.infra.policy.draft import add, breaks, drop, grant, put, remove, statement

DATABASE = (kinds.DATABASE, "coko")
KEY, TOPIC, TOPIC_POLICY = (kinds.KEY, "coko"), (kinds.TOPIC, "coko"), (kinds.TOPIC_POLICY, "coko")
SECRET = (kinds.SECRET, "coko-collectors")
RELEASES = "coko-releases"
POLICY = (kinds.BUCKET_POLICY, RELEASES)
OTHER_KEY = "arn:aws:kms:ap-northeast-2:123456789012:alias/aws/rds"
STRANGER = {"AWS": "arn:aws:iam::999999999999:root"}

DATA = (
    breaks("RDS-1", put(*DATABASE, storageEncrypted=False)),
    breaks("RDS-2", put(*DATABASE, kmsKeyId=OTHER_KEY)),
    breaks("RDS-3", put(*DATABASE, publiclyAccessible=True)),
    breaks("RDS-3", drop(*DATABASE, "publiclyAccessible")),
    breaks("RDS-4", add(kinds.ROUTE, "mistake", routeTableId="coko-database-RouteTable", gatewayId="igw",
                        destinationCidrBlock="0.0.0.0/0")),
    breaks("RDS-4", put(kinds.DATABASE_SUBNETS, "coko", subnetIds=["coko-private-a-Subnet", "coko-database-b-Subnet"])),
    breaks("RDS-5", put(*DATABASE, multiAz=False)),
    breaks("RDS-6", put(*DATABASE, deletionProtection=False)),
    breaks("RDS-7", put(*DATABASE, skipFinalSnapshot=True)),
    breaks("RDS-8", put(*DATABASE, backupRetentionPeriod=1)),
    breaks("RDS-8", drop(*DATABASE, "backupRetentionPeriod")),
    breaks("RDS-9", put(*DATABASE, autoMinorVersionUpgrade=False)),
    breaks("RDS-10", drop(*DATABASE, "engineLifecycleSupport")),
    breaks("RDS-11", put(*DATABASE, copyTagsToSnapshot=False)),
    breaks("RDS-12", put(*DATABASE, iamDatabaseAuthenticationEnabled=False)),
    breaks("RDS-13", put(*DATABASE, username="Admin")),
    breaks("RDS-14", put(*DATABASE, manageMasterUserPassword=None)),
    breaks("RDS-15", put(kinds.DATABASE_PARAMETERS, "coko", parameters=[])),
    breaks("RDS-15", put(*DATABASE, parameterGroupName="default.mysql8.4")),
    breaks("RDS-16", put(*DATABASE, enabledCloudwatchLogsExports=["error"])),
    breaks("RDS-17", remove(kinds.LOG_GROUP, "coko-slowquery")),
    breaks("RDS-18", drop(*DATABASE, "maxAllocatedStorage")),

    breaks("S3-1", put(kinds.BUCKET_PUBLIC_ACCESS, RELEASES, restrictPublicBuckets=False)),
    breaks("S3-1", remove(kinds.BUCKET_PUBLIC_ACCESS, "coko-logs")),
    breaks("S3-2", remove(*POLICY)),
    breaks("S3-2", statement(*POLICY, "TlsOnly", Principal=STRANGER)),
    breaks("S3-3", put(kinds.BUCKET_VERSIONING, RELEASES, versioningConfiguration={"status": "Suspended"})),
    breaks("S3-4", remove(kinds.BUCKET_ENCRYPTION, "coko-logs")),
    breaks("S3-5", put(kinds.BUCKET_ENCRYPTION, RELEASES,
                       rules__0__applyServerSideEncryptionByDefault={"sseAlgorithm": "AES256"})),
    breaks("S3-6", put(kinds.BUCKET_OWNERSHIP, RELEASES, rule__objectOwnership="ObjectWriter")),
    breaks("S3-7", put(kinds.BUCKET_LIFECYCLE, RELEASES, rules__0__status="Disabled")),
    breaks("S3-8", drop(kinds.BUCKET_LIFECYCLE, RELEASES, "rules__1")),
    # Without any lifecycle nothing expires and nothing is tidied.
    breaks("S3-8", remove(kinds.BUCKET_LIFECYCLE, "coko-logs"), also=("S3-7",)),
    breaks("S3-9", put(kinds.BUCKET, RELEASES, forceDestroy=True)),
    breaks("S3-10", grant(*POLICY, Sid="Share", Principal="*", Action="s3:GetObject", Resource="*")),
    breaks("S3-10", grant(*POLICY, Sid="Share", Principal={"AWS": ["*"]}, Action="s3:GetObject", Resource="*")),
    breaks("S3-11", grant(*POLICY, Sid="Share", Principal=STRANGER, Action=["s3:PutBucketPolicy"], Resource="*")),
    breaks("S3-11", grant(*POLICY, Sid="Share", Principal=STRANGER, Action="s3:*", Resource="*")),

    breaks("KEEP-1", put(*KEY, enableKeyRotation=False)),
    breaks("KEEP-2", put(*KEY, deletionWindowInDays=7)),
    breaks("KEEP-3", grant(*KEY, Sid="Open", Principal="*", Action="kms:Decrypt", Resource="*")),
    breaks("KEEP-4", statement(*KEY, "Alarms", Condition=None)),
    breaks("KEEP-4", statement(*TOPIC_POLICY, "Alarms", Condition=None)),
    breaks("KEEP-4", statement(kinds.BUCKET_POLICY, "coko-logs", "NetworkCheck", Condition=None)),
    breaks("KEEP-5", put(*SECRET, kmsKeyId=None)),
    breaks("KEEP-6", put(*SECRET, recoveryWindowInDays=0)),
    breaks("KEEP-7", put(*TOPIC, kmsMasterKeyId="alias/aws/sns")),
    breaks("KEEP-8", grant(*TOPIC_POLICY, Sid="Open", Principal={"AWS": "*"}, Action="sns:Subscribe", Resource="*")),
    breaks("KEEP-9", statement(*TOPIC_POLICY, "TlsOnly", Condition={"Bool": {"aws:SecureTransport": "true"}})),
    breaks("KEEP-10", remove(kinds.SUBSCRIPTION, "coko-mail-0")),
)
