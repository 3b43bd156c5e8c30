// Mail domains that belong to no company, beside the list of the package `email-providers`: personal providers it lacks, services that
// forward to a personal mailbox, and second level names of providers that look like a country's.

/** More of them, each in ASCII and lower case; what is below one of them counts too. */
export const moreFreeMail: readonly string[] = `
8alias.com aleeas.com addy.io anonaddy.com anonaddy.me autistici.org bredband.net ctemplar.com disroot.org dismail.de dralias.com
duck.com e.email etik.com fastmail.com firemail.de gmx.ch hispeed.ch ik.me ikmail.com kakao.com keemail.me kolabnow.com live.se
mailfence.com mozmail.com murena.io mykolab.com onmail.com outlook.co.uk outlook.com.mx outlook.com.ar passfwd.com passinbox.com
passmail.net passport.com pissmail.com posteo.com posteo.de posteo.eu posteo.net posteo.org purelymail.com relay.firefox.com
riseup.net simplelogin.com skiff.com slmail.me soverin.net startmail.com sunrise.ch systemli.org telia.com tuta.com tuta.de
tuta.io tutamail.com tutanota.com tutanota.de tutanota.io vivaldi.net zohomail.com zohomail.eu`
  .trim()
  .split(/\s+/)

/**
 * Public suffixes of the private part of the list under which names are registered to companies like under a country's;
 * under all others of that part (github.io, herokuapp.com) names are given to anybody.
 */
export const companySuffixes: readonly string[] = `
br.com cn.com co.com com.de com.se de.com eu.com gb.net gr.com hu.net in.net jp.net jpn.com mex.com ru.com sa.com se.net
uk.com uk.net us.com za.bz za.com`
  .trim()
  .split(/\s+/)
