/** TLS in the process of a test, without a certificate: both sides take an anonymous key exchange. */
export const anonymousTls = {
  ciphers: 'AECDH-AES256-SHA:@SECLEVEL=0',
  maxVersion: 'TLSv1.2',
} as const
