/**
 * Version of the service: of its answers, its models' lineage and `openapi.yaml`. The same as in the packages'
 * manifests (a test compares them).
 */
export const serviceVersion = '0.1.0';
