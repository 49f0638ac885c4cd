"""The controls that rules name, and whose they are: read at AWS's own pages, never made up.

Security Hub has one id for each control, whatever standard asks for it. CIS is the AWS Foundations Benchmark 5.0.
"""

from __future__ import annotations

# In AWS's Foundational Security Best Practices.
FOUNDATIONAL = frozenset({
    "ACM.1", "ACM.2", "AutoScaling.1", "AutoScaling.2", "AutoScaling.9", "EC2.2", "EC2.3", "EC2.6", "EC2.8", "EC2.9",
    "EC2.15", "EC2.17", "EC2.18", "EC2.19", "EC2.25", "EC2.170", "EC2.181", "ELB.1", "ELB.4", "ELB.5", "ELB.6",
    "ELB.12", "ELB.13", "ELB.17", "ELB.18", "IAM.1", "IAM.21", "KMS.2", "KMS.3", "KMS.5", "RDS.2", "RDS.3", "RDS.5",
    "RDS.8", "RDS.10", "RDS.11", "RDS.13", "RDS.17", "RDS.25", "RDS.46", "S3.1", "S3.2", "S3.3", "S3.5", "S3.6", "S3.8",
    "S3.12", "S3.13", "SNS.4", "SSM.1", "WAF.10", "WAF.12",
})
# Security Hub has them for other standards: CIS, NIST SP 800-53, PCI DSS, or tagging and resilience of its own.
ELSEWHERE = frozenset({
    "AutoScaling.10", "CloudWatch.15", "CloudWatch.17", "EC2.12", "EC2.13", "EC2.14", "EC2.22", "EC2.53", "EC2.54",
    "ELB.16", "KMS.4", "RDS.39", "S3.10", "S3.14", "S3.17", "SNS.1",
})
# The Security Hub control that carries each number of the benchmark.
CIS = {
    "CIS 2.1.1": "S3.5", "CIS 2.1.4": "S3.8", "CIS 2.2.1": "RDS.3", "CIS 2.2.2": "RDS.13", "CIS 2.2.3": "RDS.2",
    "CIS 2.2.4": "RDS.5", "CIS 3.6": "KMS.4", "CIS 3.7": "EC2.6", "CIS 5.3": "EC2.53", "CIS 5.4": "EC2.54",
    "CIS 5.5": "EC2.2", "CIS 5.7": "EC2.8",
}
KNOWN = FOUNDATIONAL | ELSEWHERE | CIS.keys()
