/**
 * Received fields as mail servers write them, one for each way of saying TLS or keeping silent about it, and what each says:
 * `version suite bits word`, or `-` for a field that says nothing of TLS. Names and addresses are examples; the forms are
 * those of real fields.
 */
export const formats: readonly (readonly [server: string, field: string, says: string])[] = [
  [
    'RFC 8314',
    'from a.test (a.test [192.0.2.1]) by b.test with ESMTPS id 1 tls TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256; date',
    '? ECDHE-RSA-AES128-GCM-SHA256 ? ?',
  ],
  [
    'Postfix, one comment',
    'from a.test by b.test with ESMTP id 1 (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) verified OK)',
    'TLSv1.3 TLS_AES_256_GCM_SHA384 256 verified OK',
  ],
  [
    'sendmail, old',
    'from a.test by b.test (8.13/8.13) with ESMTP id 1 (version=TLSv1/SSLv3 cipher=RC4-MD5 bits=128 verify=NOT); date',
    'TLSv1/SSLv3 RC4-MD5 128 NOT',
  ],
  ['a server that says nothing', 'from a.test by b.test with ESMTP id 1; date', '-'],
  [
    'Exchange',
    'from A.test (192.0.2.1) by B.test (192.0.2.2) with Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384_P256) id 15.1.2507.39; date',
    'TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384 ? ?',
  ],
  [
    'Exchange, old',
    'from A.test (192.0.2.1) by B.test (192.0.2.2) with Microsoft SMTP Server (TLS) id 14.3.498.0; date',
    '? ? ? ?',
  ],
  [
    'Exchange, in clear',
    'from A.test (192.0.2.1) by B.test (192.0.2.2) with Microsoft SMTP Server id 14.3.498.0; date',
    '-',
  ],
  [
    'Exchange Online',
    'from A.outlook.example (2603:10a6::1) by B.outlook.example (2603:10a6::2) with Microsoft SMTP Server (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384) id 15.20.8158.13 via Frontend Transport; date',
    'TLSv1.3 TLS_AES_256_GCM_SHA384 ? ?',
  ],
  [
    'Exchange Online, mailbox',
    'from A.outlook.example (2603:10a6::1) by B.outlook.example with MAPI id 15.20.8158.13; date',
    '-',
  ],
  [
    'Exchange Online, HTTPS',
    'from A.outlook.example ([::1]) by A.outlook.example with HTTPS; date',
    '? ? ? ?',
  ],
  [
    'Gmail',
    'from a.test (a.test. [192.0.2.1]) by mx.google.example with ESMTPS id x1 for <u@b.test> (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128); date',
    'TLSv1.3 TLS_AES_128_GCM_SHA256 128 ?',
  ],
  ['Gmail, inside', 'by 2002:a05:6102:1234:b0:4c1:1 with SMTP id x1csp1; date', '-'],
  [
    'OpenSMTPD',
    'from a.test (a.test [192.0.2.1]) by b.test (OpenSMTPD) with ESMTPS id 1 (TLSv1.3:TLS_AES_256_GCM_SHA384:256:NO) for <u@b.test>; date',
    'TLSv1.3 TLS_AES_256_GCM_SHA384 256 NO',
  ],
  [
    'OpenSMTPD, LibreSSL',
    'by b.test (OpenSMTPD) with ESMTPSA id 1 (TLSv1.3:AEAD-AES256-GCM-SHA384:256:NO); date',
    'TLSv1.3 TLS_AES_256_GCM_SHA384 256 NO',
  ],
  [
    'Exim 4.8, OpenSSL',
    'from a.test ([192.0.2.1]) by b.test with esmtps (TLSv1.2:ECDHE-RSA-AES256-GCM-SHA384:256) (Exim 4.84) id 1; date',
    'TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384 256 ?',
  ],
  [
    'Exim 4.8, GnuTLS',
    'from a.test ([192.0.2.1]) by b.test with esmtps (TLS1.0:RSA_AES_256_CBC_SHA1:32) (Exim 4.80) id 1; date',
    'TLSv1 AES256-SHA 32 ?',
  ],
  [
    'Exim 4.9, GnuTLS',
    'from a.test ([192.0.2.1]) by b.test with esmtps (TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256) (Exim 4.92) id 1; date',
    'TLSv1.3 ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM 256 ?',
  ],
  [
    'Haraka, old',
    'from a.test (a.test [192.0.2.1]) by b.test (Haraka/2.8) with ESMTPS id 1 envelope-from <s@a.test> (cipher=ECDHE-RSA-AES128-GCM-SHA256 version=TLSv1.2 verify=NO); date',
    'TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 ? NO',
  ],
  [
    'qmail',
    'from unknown (HELO a.test) (192.0.2.1) by b.test with (DHE-RSA-AES128-SHA encrypted) SMTP; date',
    '? DHE-RSA-AES128-SHA ? ?',
  ],
  [
    'qmail, words',
    'from unknown (HELO a.test) (192.0.2.1) by b.test with AES256-SHA encrypted SMTP; date',
    '? AES256-SHA ? ?',
  ],
  ['qmail, inside', '(qmail 28069 invoked from network); 5 Nov 2011 17:28:37 -0000', '-'],
  ['qmail, invoked', '(qmail 2909 invoked by uid 111); 22 Apr 2019 21:02:48 -0000', '-'],
  [
    'MDaemon',
    'from [192.0.2.1] by b.test (Cipher TLSv1.2:AES-SHA256:256) (MDaemon PRO v15.5.3) with ESMTP id md50001.msg; date',
    'TLSv1.2 AES-SHA256 256 ?',
  ],
  [
    'MDaemon, in clear',
    'from a.test by b.test (MDaemon PRO v10.1.1) with ESMTP id md50002385566.msg for <u@b.test>; date',
    '-',
  ],
  [
    'Lotus Domino',
    'from a.test ([192.0.2.1]) by b.test (Lotus Domino Release 8.5.3FP6) with ESMTP id 2019050615032991-10027949 ; date',
    '-',
  ],
  [
    'HCL Domino',
    'from a.test ([192.0.2.1]) by b.test (HCL Domino Release 12.0.2) with ESMTPS id 2024050615032991-1 ; date',
    '? ? ? ?',
  ],
  [
    'Courier',
    'from a.test (a.test [::ffff:192.0.2.1]) (TLS: TLSv1/SSLv3,128bits,AES128-GCM-SHA256) by b.test with ESMTPS; Sat, 21 Mar 2020 00:40:12 +0200 id 0001',
    'TLSv1/SSLv3 AES128-GCM-SHA256 128 ?',
  ],
  [
    'McAfee',
    'from a.test (a.test [192.0.2.1]) by b.test with smtp (TLS: TLSv1/SSLv3,256bits,ECDHE-RSA-AES256-GCM-SHA384) id 1; date',
    'TLSv1/SSLv3 ECDHE-RSA-AES256-GCM-SHA384 256 ?',
  ],
  [
    'Cisco',
    'from a.test ([192.0.2.1]) by b.test with ESMTP/TLS/ECDHE-RSA-AES256-GCM-SHA384; date',
    '? ECDHE-RSA-AES256-GCM-SHA384 ? ?',
  ],
  [
    'Mimecast',
    'from a.test (a.test [192.0.2.1]) by b.test with ESMTP with STARTTLS (version=TLSv1.3, cipher=TLS_AES_256_GCM_SHA384) id us-mta-1; date',
    'TLSv1.3 TLS_AES_256_GCM_SHA384 ? ?',
  ],
  ['STARTTLS, and nothing else', 'from a.test by b.test with ESMTP with STARTTLS id 1; date', '? ? ? ?'],
  ['Postini', 'from source ([192.0.2.1]) (using SSLv3) by b.test; date', 'SSLv3 ? ? ?'],
  [
    'Stalwart',
    'from a.test (a.test [192.0.2.1]) (using TLSv1.3 with cipher TLS13_AES_256_GCM_SHA384) by b.test (Stalwart SMTP) with ESMTPS id 1; date',
    'TLSv1.3 TLS_AES_256_GCM_SHA384 ? ?',
  ],
  ['UTF8SMTPS', 'from a.test by b.test with UTF8SMTPSA id 1; date', '? ? ? ?'],
  ['LMTP with TLS', 'from a.test by b.test with LMTPS id 1; date', '? ? ? ?'],
  ['ESMTPA is not TLS', 'by b.test (Postfix) with ESMTPA id 1; date', '-'],
  ['LMTPA is not TLS', 'by b.test with LMTPA id 1; date', '-'],
];
