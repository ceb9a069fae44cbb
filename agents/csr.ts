// A key pair and a request for a certificate (PKCS#10), made where the key stays. By hand in DER, because Node makes keys and signatures but
// no requests, and a library for them would be a third of the agent. Takes a name, gives PEM.
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

export interface KeyedRequest {
  /** PKCS#8, PEM: for this host's disk and nobody else. */
  readonly key: string;
  readonly csr: string;
}

/** @param commonName for people who look at the request; the server names the host */
export function makeRequest(commonName: string): KeyedRequest {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), csr: requestFor(commonName, privateKey, publicKey) };
}

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const UTF8_STRING = 0x0c;
const ATTRIBUTES = 0xa0;
/** 2.5.4.3 */
const COMMON_NAME = Buffer.from('0603550403', 'hex');
/** 1.2.840.10045.4.3.2 */
const ECDSA_WITH_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex');

function requestFor(commonName: string, privateKey: KeyObject, publicKey: KeyObject): string {
  const subject = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from(commonName.slice(0, 64))))));
  const information = der(SEQUENCE, der(INTEGER, Buffer.of(0)), subject, publicKey.export({ type: 'spki', format: 'der' }), der(ATTRIBUTES));
  const signature = sign('sha256', information, privateKey);
  const request = der(SEQUENCE, information, der(SEQUENCE, ECDSA_WITH_SHA256), der(BIT_STRING, Buffer.of(0), signature));
  return `-----BEGIN CERTIFICATE REQUEST-----\n${request.toString('base64').replaceAll(/.{1,64}/g, '$&\n')}-----END CERTIFICATE REQUEST-----\n`;
}

/** One value: tag, length, content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.length < 0x80 ? Buffer.of(content.length) : content.length < 0x100 ? Buffer.of(0x81, content.length) : Buffer.of(0x82, content.length >> 8, content.length & 0xff);
  return Buffer.concat([Buffer.of(tag), length, content]);
}
