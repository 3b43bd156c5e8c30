// The claims in plain words, one sentence or two each, and the themes they stand under.
export const enClaims = {
  'claims.theme.walls': 'Walls between organisations',
  'claims.theme.sealing': 'Encryption',
  'claims.theme.signing-in': 'Signing in',
  'claims.theme.least': 'Who may do what',
  'claims.theme.record': 'The record of what happened',
  'claims.theme.place': 'Where it is kept',
  'claims.theme.yours': 'What is yours stays yours',
  'claims.theme.standing': 'Staying up',
  'claims.theme.watching': 'Watching',
  'claims.theme.work': 'The work itself',
  'claims.theme.fleet': 'Devices',
  'claims.theme.oversight': 'Oversight',
  'claim.PX-01':
    'There is an API, a set of widgets and applications, and widgets and applications use nothing but the public API.',
  'claim.PX-02':
    'It plugs into a system you already have: who is signed in there works here without signing in again.',
  'claim.PX-03':
    'People capture what matters while they read, from inside the system they read in: a passage, part of a page or a whole page, with note and tags.',
  'claim.PX-04':
    'The host system decides who may see what came from it. Sharing widens that only on purpose.',
  'claim.PX-05':
    'Deployment runs by itself from end to end, and nobody can reach a shell, terminal or desktop of a production machine.',
  'claim.PX-06': 'Storage survives the loss of a whole site.',
  'claim.PX-07':
    'Every change is archived as it happens, at most one second behind, and an acknowledged write is on two hosts where two are set up.',
  'claim.PX-08': 'Demand may grow and swing: processes come and go with the measured load, without a person.',
  'claim.PX-09':
    'Every connection is TLS. Plain HTTP is answered by a redirect to HTTPS and by nothing else.',
  'claim.PX-10': 'Each session has its own identity and is checked again at every request.',
  'claim.PX-11': 'Nobody can read a password, staff included.',
  'claim.PX-12':
    'Every record and every transaction carries who made it, who changed it last, when, and from which address.',
  'claim.PX-13': 'An organisation sees its own records and nobody else’s.',
  'claim.PX-14':
    'Each organisation has its own tables, its own place for files and its own search index, with its own logins and keys; each API key opens exactly one.',
  'claim.PX-15':
    'Session tokens cannot be guessed; time-outs, password policy, sharing rules and profiles are set per organisation.',
  'claim.PX-16':
    'Another system can sign people in on their behalf, by signed request, SAML 2.0 or OpenID Connect.',
  'claim.PX-17': 'Stored files open only to who holds the key. No address gives one away anonymously.',
  'claim.PX-18': 'Web processes run apart from what holds data, with no more rights there than they need.',
  'claim.PX-19': 'Activity and application logs are kept, and reviewed on a schedule that the system keeps.',
  'claim.PX-20':
    'Processor, memory, disk and network are watched, and mail goes out when a threshold is crossed.',
  'claim.PX-21': 'Every API call is recorded as it happens, refused ones too.',
  'claim.PX-22': 'Controls are mapped to the SOC 2 criteria, and an auditor’s evidence pack can be made.',
  'claim.PX-23':
    'Only verified addresses of your domains become members. Everybody else is invited by name and sees only what was shared.',
  'claim.PX-24':
    'Staff reach customer records only after an approval with a reason and an end, and the customer sees each look.',
  'claim.PX-25':
    'What travels is encrypted, for browsers, phones, agents, API, mail, webhooks, stores and replicas alike.',
  'claim.PX-26':
    'Your records are yours: nothing is mined, and nothing leaves but to listed places or to addresses you entered.',
  'claim.PX-27':
    'API requests are authenticated one by one by signature. Tampering is refused, and so is the replay of anything that changes something.',
  'claim.PX-28':
    'Everything captured can be taken away with all that belongs to it, in open formats, and read back in.',
  'claim.PX-29': 'Every screen works on a phone, by touch, in the browsers people use.',
  'claim.PX-30':
    'Networks of several mail domains can be merged into one, with nothing lost and one sign-in.',
  'claim.PX-31': 'PDF, office files, public web pages, images and text can be added.',
  'claim.PX-32': 'A file may be 100 MB, and people, documents and snips are not limited by design.',
  'claim.PX-33': 'Use is measured from your own activity, and shown to you.',
  'claim.PX-34': 'Third parties can audit every year, with a read-only account and a sealed evidence pack.',
  'claim.PX-35':
    'Privacy statement, the page on the GDPR and the list of sub-processors are public, at fixed addresses and with their versions.',
  'claim.PX-36':
    'Server, widgets, client library and agent are released apart, and the previous release of each works with this server.',
  'claim.PX-37': 'Security reviews are held on a schedule, with findings and sign-off.',
  'claim.PD-01':
    'Business documents are built from templates, sent, viewed, signed, completed and kept, with a full trail.',
  'claim.PD-02': 'Originals, structure and activity, and customer details are kept in separate stores.',
  'claim.PD-03': 'What is stored is encrypted with AES-256, in every store, under managed keys that rotate.',
  'claim.PD-04':
    'You pick where your records are stored and processed. They stay there, and every region passes the same checks.',
  'claim.PD-05': 'Servers run current, patched software, and the platform checks its own hosts.',
  'claim.PD-06':
    'Rights of the GDPR work: access, portability, rectification, erasure, restriction, each with a deadline.',
  'claim.PD-07': 'Sub-processors are listed, reviewed and bound by contract before they receive anything.',
  'claim.PD-08': 'Certification reports are handed out on request to those who accepted the terms.',
  'claim.PD-09': 'The code follows OWASP ASVS, and each requirement of level 2 is answered.',
  'claim.PD-10': 'Every process, account and person has the least privilege that works.',
  'claim.PD-11': 'Environments are apart: production shares no secret, network or record with others.',
  'claim.PD-12': 'Payments go through a payment provider. Card numbers never reach the system.',
  'claim.PD-13':
    'Everything is watched around the clock, and critical alerts reach whoever is on call, and go up the line if nobody answers.',
  'claim.PD-14': 'It stays up while it changes: queues, balancing, scaling and rolling deployment.',
  'claim.PD-15': 'Every database is backed up daily, in full and encrypted, and restored as a test.',
  'claim.PD-16': 'Known scanners run in every release, and their findings can stop it.',
  'claim.PD-17': 'Client, middle tier and database are separate, and each speaks only to the next.',
  'claim.PD-18': 'Every control is checked at least daily, and a miss is shown.',
  'claim.PD-19':
    'Availability is measured from outside, per region, and shown against the stated service level.',
  'claim.PD-20': 'Each release carries the record of how it was developed and checked.',
  'claim.P9-01':
    'One view of every device: servers, desktops, laptops, printers, switches, web sites, VPN links.',
  'claim.P9-02': 'Machines, printers, switches and installed applications are discovered.',
  'claim.P9-03': 'Services, hardware health, web sites and VPN links are monitored.',
  'claim.P9-04': 'Alerts come first: an issue opens, notifies, and closes by itself when it is over.',
  'claim.P9-05': 'Missing patches are found and installed by policy.',
  'claim.P9-06': 'Terminal and desktop of a device open in the browser.',
  'claim.P9-07': 'Agents only call out, over HTTPS on port 443. Nothing listens at the customer’s.',
  'claim.P9-08': 'Agent connections use AES-256 TLS suites only.',
  'claim.P9-09':
    'Each customer has its own certificate authority, and a certificate can be revoked with effect at once.',
  'claim.P9-10':
    'By itself the agent cannot read passwords or documents. A remote session is a human act: approved, visible and recorded.',
  'claim.P9-11':
    'The agent runs only tasks from a fixed list, each signed by the service, and refuses everything else.',
  'claim.P9-12':
    'Agents update themselves. An update that is unsigned or older is refused, and a bad one rolls back.',
  'claim.P9-13': 'The service fails over, and agents find it again by themselves.',
  'claim.P9-14':
    'There are regions in the US, Europe and Asia, and agent and customer records stay in theirs.',
  'claim.P9-15': 'Passwords are hashed with a salt by a memory-hard function.',
  'claim.P9-16': 'SAML 2.0 sign-in with provisioning of people, and a second factor.',
  'claim.P9-17': 'The app withstands script injection and the other usual attacks on the web.',
  'claim.P9-18': 'The software it stands on is vetted for security updates, by machine and by people.',
  'claim.P9-19':
    'Everything stored is of one of three classes, down to the column, and each class has its own policy.',
  'claim.P9-20':
    'A government’s demand is redirected, the customer is told before anything is handed over, and every step is recorded.',
  'claim.P9-21':
    'Organisations in the EU are in the EU unless a signed waiver says otherwise. Others begin in their own region.',
  'claim.P9-22': 'Copies for redundancy stay inside the region.',
  'claim.P9-23':
    'What a job works on is kept only until the job is done. At its founding an organisation accepts or declines storage per product.',
  'claim.P9-24': 'What was erased cannot be recovered, from backups either, and a certificate says so.',
  'claim.P9-25': 'Places of storage and policies can be set per customer and per class.',
  'claim.P9-26': 'A data protection officer has a desk: events, access log, reviews of practice.',
  'claim.P9-27':
    'Customers are told at once of disruptions that put records at risk, and when a measure turns out not to hold.',
  'claim.P9-28':
    'A breach goes to the officer at once, to the authority and customers within 72 hours, and to people where the risk is high. The clock is kept and shown.',
  'claim.P9-29':
    'The incident log holds nature, effect and reasons, cannot be altered, and is exported on request.',
  'claim.P9-30': 'One provider sees and manages many customers, each with its own walls.',
  'claim.P9-31':
    'Nothing fails alone and takes the rest with it. Recovery from disaster is rehearsed, and its time measured.',
  'claim.P9-32': 'Each release is assessed for vulnerabilities, configuration and compliance.',
  'claim.P9-33': 'The app is HTTPS from the first to the last byte, and negotiates 256-bit suites only.',
  'claim.P9-34': 'Attack tests run all the time, and penetration tests by people are recorded.',
  'claim.P9-35': 'Nobody holds a staff role without a confidentiality undertaking on file.',
  'claim.P9-36': 'A bad release is rolled back under load, rehearsed.',
} as const
