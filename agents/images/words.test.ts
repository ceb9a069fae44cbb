// Docker's sentences about images, as its versions and registries word them, and what they mean.
import { expect, test } from 'vitest';
import { checkArchitecture, startTrouble, troubleOf } from './words.ts';

const X = '10.9.0.1:7072/web@sha256:1';

test.each([
  ['registry', 'Get "http://10.9.0.1:7072/v2/": dial tcp 10.9.0.1:7072: connect: connection refused'],
  ['registry', 'Get "https://10.9.0.1:7072/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)'],
  ['registry', 'received unexpected HTTP status: 503 Service Unavailable'],
  ['registry', 'pull of x: nothing moved for 60000 ms'],
  ['registry', 'error pulling image configuration: unexpected EOF'],
  ['registry', 'Get "https://10.9.0.1:7072/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority'],
  ['absent', 'manifest for 10.9.0.1:7072/web@sha256:1 not found: manifest unknown: manifest unknown'],
  ['absent', 'pull access denied for web, repository does not exist or may require \'docker login\': denied: requested access to the resource is denied'],
  ['refused', 'Head "http://10.9.0.1:7072/v2/web/manifests/1": no basic auth credentials'],
  ['refused', 'unauthorized: authentication required'],
  ['damaged', 'filesystem layer verification failed for digest sha256:abc'],
  ['damaged', 'manifest verification failed for digest sha256:abc'],
  ['foreign', 'no matching manifest for linux/arm64/v8 in the manifest list entries'],
  ['full', 'failed to register layer: Error processing tar file(exit status 1): write /usr/lib/x: no space left on device'],
  ['other', 'something new'],
])('%s: %s', (trouble, said) => {
  const error = troubleOf(X, `pull of ${X}: ${said}`);
  expect(error.trouble).toBe(trouble);
  expect(error.message).toContain(X);
});

test('an image for other machines is refused by name; engines and images that name nothing are believed', () => {
  expect(() => checkArchitecture(X, 'arm64', 'x86_64')).toThrow(`${X} is made for arm64, and this host is amd64`);
  for (const [image, host] of [['amd64', 'x86_64'], ['arm64', 'aarch64'], ['', 'x86_64'], ['amd64', '']] as const) expect(() => checkArchitecture(X, image, host)).not.toThrow();
});

test('a start that fails because of what was built is told apart from one that the host fails', () => {
  const words = (message: string): string => (startTrouble(new Error(message)) as Error).message;
  expect(words('start: OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "serve": executable file not found in $PATH: unknown')).toMatch(/^the start command is not in the image/);
  expect(words('start: standard_init_linux.go:228: exec user process caused: exec format error')).toMatch(/^the start command is no program for the architecture/);
  expect(startTrouble(new Error('start: no space left on device'))).toMatchObject({ name: 'Error', message: 'start: no space left on device' });
});
